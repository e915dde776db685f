package org.linuxssi.bench;

import java.util.List;

/**
 * Something that unmodified programs do, as a bash script that measures itself. The script prints the microseconds it
 * took as its last line.
 *
 * @param name what is measured
 * @param goal the highest ratio to native that we aim at, or 0 for none
 * @param prepare a script that is run once, natively, in the empty directory {@code $DIR}
 * @param script what is timed, run in {@code $DIR}
 */
record Workload(String name, double goal, String prepare, String script) {

    private static final String NONE = "true";

    /** Returns the script with its own stop watch around it. */
    String timed() {
        return "cd \"$DIR\" && a=${EPOCHREALTIME/./}; { " + script + "; } >/dev/null 2>&1 || exit 9; "
                + "b=${EPOCHREALTIME/./}; echo $((b-a))";
    }

    /** Returns the workloads of {@code docs/performance.md}. */
    static List<Workload> all() {
        return List.of(
                new Workload("1,000 fork+exec", 1.05, NONE, "for ((i=0;i<1000;i++)); do /bin/true; done"),
                new Workload("make -j2, 24 C files", 1.05, """
                        for ((i=0;i<24;i++)); do
                          printf '#include <stdio.h>\\n#include <stdlib.h>\\n' > f$i.c
                          for ((j=0;j<40;j++)); do
                            printf 'int f%d_%d(int x){int s=0;for(int i=0;i<x;i++)s+=i*%d;printf("%%d",s);return s;}\\n' \
                                $i $j $j >> f$i.c
                          done
                        done
                        printf 'OBJS=$(addsuffix .o,$(basename $(wildcard f*.c)))\\nall: $(OBJS)\\n' > Makefile
                        """, "rm -f *.o; make -j2 CFLAGS=-O2"),
                new Workload(
                        "tar of 2,000 files",
                        1.05,
                        "mkdir t; for ((i=0;i<2000;i++)); do head -c $((i%97*100)) /dev/zero > t/f$i; done",
                        "for k in 1 2 3 4 5; do tar cf - t | cat > out.tar; done"),
                new Workload(
                        "20 python3 starts",
                        1.05,
                        NONE,
                        "for ((i=0;i<20;i++)); do /usr/bin/env python3 -c 'import json,re'; done"),
                stress("switch", 60_000),
                stress("pipe", 200_000),
                stress("futex", 60_000),
                stress("kill", 2_000));
    }

    private static Workload stress(String stressor, long operations) {
        return new Workload(
                "stress-ng " + stressor,
                0,
                NONE,
                "stress-ng --quiet --temp-path . --" + stressor + " 1 --" + stressor + "-ops " + operations);
    }
}
