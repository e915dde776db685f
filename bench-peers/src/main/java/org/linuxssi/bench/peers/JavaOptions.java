package org.linuxssi.bench.peers;

import java.util.List;
import java.util.stream.Stream;

/** The options of all nodes' Java machines; Ignite needs most of them on this JDK. */
final class JavaOptions {

    private static final List<String> OPENED = List.of(
            "java.base/java.io",
            "java.base/java.lang",
            "java.base/java.lang.invoke",
            "java.base/java.math",
            "java.base/java.net",
            "java.base/java.nio",
            "java.base/java.text",
            "java.base/java.time",
            "java.base/java.util",
            "java.base/java.util.concurrent",
            "java.base/java.util.concurrent.atomic",
            "java.base/java.util.concurrent.locks",
            "java.base/jdk.internal.access",
            "java.base/jdk.internal.misc",
            "java.base/sun.nio.ch",
            "java.base/sun.reflect.generics.reflectiveObjects",
            "java.base/sun.util.calendar",
            "java.management/com.sun.jmx.mbeanserver",
            "java.management/sun.management",
            "jdk.internal.jvmstat/sun.jvmstat.monitor",
            "jdk.management/com.sun.management.internal");

    /** All of them. */
    static final List<String> ALL = Stream.concat(
                    Stream.of(
                            "-Xmx512m",
                            "-Djava.net.preferIPv4Stack=true",
                            "-Djava.awt.headless=true",
                            "--enable-native-access=ALL-UNNAMED",
                            "--sun-misc-unsafe-memory-access=allow"),
                    OPENED.stream().map(each -> "--add-opens=" + each + "=ALL-UNNAMED"))
            .toList();

    private JavaOptions() {}
}
