# A shell and its children share the offsets of a file that they read, of one that they write in its middle, of one that
# they write at its end, and of this script.
laps=$1
pause() { for ((i = 0; i < 3000; i++)); do :; done; }
seq 1001 99999 | head -n $((laps * 3)) >numbers
printf '%09d.' $(seq 1 500) >middle
exec 5<numbers 6<>middle 7>end
total=0
for ((lap = 1; lap <= laps; lap++)); do
    read -r -u 5 mine
    child=$(read -r -u 5 line; pause; echo "$line")
    (
        read -r -u 5 line
        pause
        printf '[%s]' "$line" >&6
        pause
        echo "$line" >&7
        exit $((line % 200))
    ) &
    wait $!
    total=$(((total * 31 + mine * 3 + child * 5 + $?) % 1000000007))
    printf '<%s>' "$mine" >&6
    echo "$mine $child" >&7
done
read -r -u 5 rest
echo "total $total rest '$rest'"
cat middle
cat end
exit 6
