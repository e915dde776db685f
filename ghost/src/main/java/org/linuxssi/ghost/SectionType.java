package org.linuxssi.ghost;

/** The kinds of sections of an image; the order of the constants is part of the format. */
enum SectionType {
    /** First: the format and what the process needs of the machine. */
    HEADER,
    /** The mappings of the process from now on. */
    LAYOUT,
    /** Pages: runs of addresses and their content. */
    PAGES,
    /** Runs of pages that were sent and are empty again. */
    DROPPED,
    /** What the process has once. */
    STATE,
    /** All threads. */
    THREADS,
    /** Descriptors and open files. */
    FILES,
    /** Last: the image is complete. */
    END;

    /** Version of the content of all sections that this build writes and reads. */
    static final int VERSION = 1;
}
