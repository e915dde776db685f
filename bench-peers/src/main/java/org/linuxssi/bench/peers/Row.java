package org.linuxssi.bench.peers;

/** What is measured of each product. */
enum Row {
    BARE("bare exchange of 64 and 4160 bytes", Unit.MICROS),
    LOCAL_READ("local read", Unit.NANOS),
    REMOTE_READ("first read of what another node wrote", Unit.MICROS),
    WRITE_HERE("repeated write by one node, keys placed there", Unit.MICROS),
    WRITE_ANY("repeated write by one node, any keys", Unit.MICROS),
    WRITE_SHARED("write after two other nodes read", Unit.MICROS),
    HAND_OVER("contended lock, hand-over between two nodes", Unit.MICROS),
    SURVIVE_ONE("kill -9 of a node until another read and wrote one of its values", Unit.MILLIS),
    SURVIVE_ALL("the same for 64 of its values, one after the other", Unit.MILLIS);

    /** How times are printed. */
    enum Unit {
        NANOS("ns", 1),
        MICROS("µs", 1e3),
        MILLIS("ms", 1e6);

        private final String symbol;
        private final double nanos;

        Unit(String symbol, double nanos) {
            this.symbol = symbol;
            this.nanos = nanos;
        }
    }

    private final String title;
    private final Unit unit;

    Row(String title, Unit unit) {
        this.title = title;
        this.unit = unit;
    }

    String title() {
        return title + ", " + unit.symbol;
    }

    /** Returns nanoseconds in the unit of this row. */
    double inUnit(double nanos) {
        return nanos / unit.nanos;
    }
}
