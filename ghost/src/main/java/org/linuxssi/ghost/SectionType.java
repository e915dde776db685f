package org.linuxssi.ghost;

import java.util.Arrays;
import java.util.Optional;

/** The kinds of sections of an image; their numbers are part of the format. */
enum SectionType {
    /** First: the format and what the process needs of the machine. */
    HEADER(0),
    /** The mappings of the process from now on. */
    LAYOUT(1),
    /** Pages: runs of addresses and their content. */
    PAGES(2),
    /** Runs of pages that were sent and are empty again. */
    DROPPED(3),
    /** What the process has once. */
    STATE(4),
    /** All threads. */
    THREADS(5),
    /** Descriptors and open files. */
    FILES(6),
    /** Last: the image is complete. */
    END(7),
    /** Runs of pages where an access is a fault (MADV_GUARD_INSTALL). */
    GUARDS(8),
    /** A {@link SharedObject} of one process, before what uses it. */
    OBJECT(9),
    /** A part of the content of such an object. */
    CONTENT(10),
    /** Pipes and sockets that nobody else has, before the descriptors of them. */
    INNER(11);

    /** Version of the content of all sections that this build writes and reads. */
    static final int VERSION = 1;

    private final int number;

    SectionType(int number) {
        this.number = number;
    }

    /** Tells whether it is about memory, which may be kept apart from the rest. */
    boolean ofMemory() {
        return this == LAYOUT || this == PAGES || this == DROPPED || this == GUARDS;
    }

    /** Returns the number in the image. */
    int number() {
        return number;
    }

    /** Returns the type with the number, if there is one. */
    static Optional<SectionType> of(int number) {
        return Arrays.stream(values()).filter(type -> type.number == number).findFirst();
    }
}
