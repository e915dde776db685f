/** Sets of objects shared coherently by all nodes. */
module org.linuxssi.kddm {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.hotplug;

    exports org.linuxssi.kddm;
    exports org.linuxssi.kddm.spi;
}
