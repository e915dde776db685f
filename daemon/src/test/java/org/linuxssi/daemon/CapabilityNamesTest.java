package org.linuxssi.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.linuxssi.capability.Capability;
import org.linuxssi.control.CapabilityNames;

class CapabilityNamesTest {

    @Test
    void commandsAndServicesNumberThemAlike() {
        assertThat(CapabilityNames.ALL)
                .isEqualTo(
                        Arrays.stream(Capability.values()).map(Capability::name).toList());
        for (Capability capability : Capability.values()) {
            assertThat(CapabilityNames.bit(capability.name())).hasValue(capability.bit());
        }
    }
}
