/** Benchmarks, each beside what bounds it. */
module org.linuxssi.bench {
    requires static transitive org.jspecify;
    requires org.linuxssi.rpc;
    requires org.linuxssi.testbed;
}
