# Sets JAVA_HOME to a JDK 25 or later: the one it names already, else one below /usr/lib/jvm or /opt. To be sourced.

linuxssi_java_version() {
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}

linuxssi_find_java() {
    for linuxssi_home in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/*jdk* /opt/java/*; do
        [ -n "$linuxssi_home" ] && [ -x "$linuxssi_home/bin/java" ] && [ -f "$linuxssi_home/release" ] || continue
        linuxssi_version=$(linuxssi_java_version "$linuxssi_home")
        if [ "${linuxssi_version:-0}" -ge 25 ]; then
            JAVA_HOME=$linuxssi_home
            return 0
        fi
    done
    return 1
}

if ! linuxssi_find_java; then
    echo "$(basename "$0"): no JDK 25 found below /usr/lib/jvm or /opt: run ./setup, or set JAVA_HOME" >&2
    exit 1
fi
