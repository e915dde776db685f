package org.linuxssi.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.daemon.DaemonConfig;
import org.linuxssi.tools.NodeId;

class NodeConfigTest {

    @TempDir
    Path directory;

    @Test
    void theDaemonUnderstandsWhatTheTestBedWrites() {
        RunDirectory run = new RunDirectory(directory);
        NodeConfig.write(run, 1, 3);
        DaemonConfig config = DaemonConfig.read(run.config(1));
        assertThat(config.node()).contains(NodeId.of(1));
        assertThat(config.nodesMin()).isEqualTo(3);
        assertThat(config.seeds()).hasSize(3).contains("10.76.83.1:" + DaemonConfig.PORT);
        assertThat(config.listen().getHostString()).isEqualTo("10.76.83.2");
        assertThat(config.control()).isEqualTo(NodeConfig.control(run, 1));
    }
}
