/** What may be done with processes, and which of them belong together. */
module org.linuxssi.capability {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.proc;

    exports org.linuxssi.capability;
}
