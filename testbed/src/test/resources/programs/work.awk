# A loop over an array with numbers and texts.
BEGIN {
    value = 1
    for (lap = 1; lap <= laps; lap++) {
        for (i = 0; i < 3000; i++) {
            value = (value * 16807 + i) % 2147483647
            slot[value % 997] = substr(slot[value % 997] value, 1, 12)
        }
    }
    for (i = 0; i < 997; i++) {
        for (j = 1; j <= length(slot[i]); j++) {
            sum = (sum * 31 + substr(slot[i], j, 1)) % 2147483647
        }
    }
    print "value", value, "sum", sum
    exit 6
}
