package org.linuxssi.proc;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HostsFileTest {

    @Test
    void aNameIsAnyWordBehindAnAddress() {
        String file = "127.0.0.1 localhost alias # node7\n#10.0.0.1 node8\n\t10.0.0.2\tnode9 node10\nnode11 other\n";
        assertThat(HostsFile.names(file, "localhost")).isTrue();
        assertThat(HostsFile.names(file, "alias")).isTrue();
        assertThat(HostsFile.names(file, "node9")).isTrue();
        assertThat(HostsFile.names(file, "node10")).isTrue();
        assertThat(HostsFile.names(file, "node1")).isFalse();
        assertThat(HostsFile.names(file, "node7")).isFalse();
        assertThat(HostsFile.names(file, "node8")).isFalse();
        assertThat(HostsFile.names(file, "node11")).isFalse();
        assertThat(HostsFile.names("", "node1")).isFalse();
    }

    @Test
    void aLineIsAddedAtTheEnd() {
        assertThat(HostsFile.with("", "10.0.0.1", "node0")).isEqualTo("10.0.0.1 node0\n");
        assertThat(HostsFile.with("127.0.0.1 localhost\n", "10.0.0.1", "node0"))
                .isEqualTo("127.0.0.1 localhost\n10.0.0.1 node0\n");
        assertThat(HostsFile.with("127.0.0.1 localhost", "10.0.0.1", "node0"))
                .isEqualTo("127.0.0.1 localhost\n10.0.0.1 node0\n");
    }
}
