/** Applications that are saved to files and started again from them. */
module org.linuxssi.checkpoint {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.capability;
    requires transitive org.linuxssi.epm;

    exports org.linuxssi.checkpoint;

    opens org.linuxssi.checkpoint to
            org.linuxssi.tools;
}
