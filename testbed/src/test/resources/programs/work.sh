# Pipelines, subshells, background children and their exit codes, a trap, a here document.
laps=$1
total=1
noticed=0
trap 'noticed=$((noticed + 1))' USR1
for ((lap = 1; lap <= laps; lap++)); do
    sum=$(seq 1 $((lap * 50)) | sed 's/1/7/g' | awk '{ s += $1 } END { print s }')
    total=$(((total * 31 + sum) % 1000000007))
    (exit $(((total + lap) % 251))) &
    wait $!
    total=$(((total + $?) % 1000000007))
    count=$(sort -n <<LIST | head -n 3 | tail -n 1
$total
$((total % 1009))
$lap
$((lap * 3))
LIST
    )
    total=$(((total + count) % 1000000007))
    [ $((lap % 10)) -eq 0 ] && kill -USR1 $$
    inner=0
    for ((i = 0; i < 1500; i++)); do
        inner=$(((inner * 7 + i) % 65537))
    done
    total=$(((total + inner) % 1000000007))
done
echo "total $total noticed $noticed children $(ls /dev/null | wc -l)"
exit 5
