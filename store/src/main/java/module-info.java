/** Keeps the objects of durable sets in a file. */
module org.linuxssi.store {
    requires static transitive org.jspecify;
    requires transitive org.linuxssi.kddm;
    requires com.h2database.mvstore;

    exports org.linuxssi.store;
}
