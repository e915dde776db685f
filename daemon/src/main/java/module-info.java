/** The composition root: one daemon per node. */
module org.linuxssi.daemon {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.checkpoint;
    requires transitive org.linuxssi.procfs;
    requires transitive org.linuxssi.control;
    requires org.tomlj;

    exports org.linuxssi.daemon;

    uses org.linuxssi.checkpoint.Phase.Hook;
    uses org.linuxssi.epm.FaultPoint.Hook;
}
