/** The only module with native calls: system calls, their constants and structures, by the foreign-function API. */
module org.linuxssi.linux {
    requires static transitive org.jspecify;

    exports org.linuxssi.linux;
}
