/** Cluster membership: node states, agreed views, ordered notifications. */
module org.linuxssi.hotplug {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.rpc;

    exports org.linuxssi.hotplug;
}
