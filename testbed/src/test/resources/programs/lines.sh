# A shell and its children read lines of one pipe in turn; all hold its read end, and those of pipes they never read.
laps=$1
exec 3< <(seq 1001 99999 | head -n $((laps * 3)))
exec 4< <(sleep 0.2; echo unread; exec sleep 1000)
unread=$!
for ((lap = 1; lap <= laps; lap++)); do
    read -r -u 3 mine
    child=$(read -r -u 3 line; for ((i = 0; i < 3000; i++)); do :; done; echo "$line")
    (read -r -u 3 line; for ((i = 0; i < 3000; i++)); do :; done; exit $((line % 200))) &
    wait $!
    echo "$lap: $mine $child $?"
done
read -r -u 3 rest
read -r -u 4 last
kill "$unread"
echo "rest '$rest' last '$last'"
exit 4
