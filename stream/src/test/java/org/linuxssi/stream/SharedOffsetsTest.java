package org.linuxssi.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.linuxssi.linux.Descriptors;
import org.linuxssi.rpc.MemoryNetwork;
import org.linuxssi.rpc.Rpc;
import org.linuxssi.tools.NodeId;
import org.linuxssi.tools.SystemTime;

@Timeout(20)
class SharedOffsetsTest {

    @Test
    void whoStaysGoesOnWhereTheOneWhoLeftStopped(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("log"), "one two three");
        int shared = Descriptors.open(file.toString(), Descriptors.O_RDWR);
        try (SystemTime time = new SystemTime()) {
            MemoryNetwork network = new MemoryNetwork(time);
            try (Rpc here = network.node(NodeId.of(0));
                    Rpc there = network.node(NodeId.of(1));
                    SharedOffsets home = new SharedOffsets(here);
                    SharedOffsets away = new SharedOffsets(there)) {
                Awaitility.await().until(() -> there.connected().contains(NodeId.of(0)));
                SharedOffsets.Lent lent = home.lend(Descriptors.duplicate(shared));
                away.giveBack(lent, 8);
                away.giveBack(lent, 3);
                assertThat(StreamCluster.text(shared, 5)).isEqualTo("three");
            }
        } finally {
            Descriptors.close(shared);
        }
    }
}
