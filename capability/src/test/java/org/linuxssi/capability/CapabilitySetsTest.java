package org.linuxssi.capability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.linuxssi.linux.Errno;
import org.linuxssi.linux.ErrnoException;

class CapabilitySetsTest {

    private static final int CHANGE = Capability.CHANGE_KERRIGHED_CAP.bit();
    private static final int SAVE = Capability.CHECKPOINTABLE.bit();

    private static void refuses(CapabilitySets wanted, Errno errno, String text) {
        assertThatThrownBy(() -> CapabilitySets.FIRST.changedTo(wanted))
                .isInstanceOfSatisfying(ErrnoException.class, refused -> assertThat(refused.errno())
                        .isEqualTo(errno))
                .hasMessageContaining(text);
    }

    @Test
    void bitsAndNamesAreKerrigheds() {
        assertThat(Capability.values()).hasSize(12);
        assertThat(SAVE).isEqualTo(16);
        assertThat(Capability.SYSCALL_EXIT_HOOK.bit()).isEqualTo(1 << 11);
        assertThat(Capability.of(CHANGE | SAVE))
                .containsExactly(Capability.CHANGE_KERRIGHED_CAP, Capability.CHECKPOINTABLE);
    }

    @Test
    void aChildGetsWhatIsInheritable() {
        CapabilitySets parent = new CapabilitySets(CHANGE | SAVE, CHANGE, SAVE, CHANGE | SAVE);
        assertThat(parent.forked()).isEqualTo(new CapabilitySets(SAVE, SAVE, SAVE, CHANGE | SAVE));
        assertThat(CapabilitySets.FIRST.forked()).isEqualTo(CapabilitySets.FIRST);
        assertThat(CapabilitySets.FIRST.has(Capability.CHECKPOINTABLE)).isFalse();
    }

    @Test
    void eachSetHasToBeWithinTheOneAboveIt() {
        refuses(new CapabilitySets(CHANGE, SAVE, CHANGE, CHANGE), Errno.EINVAL, "CHECKPOINTABLE effective");
        refuses(new CapabilitySets(CHANGE, CHANGE, SAVE, 0), Errno.EINVAL, "CHECKPOINTABLE inheritable permitted");
        refuses(new CapabilitySets(CHANGE, 0, 0, CHANGE), Errno.EINVAL, "inheritable effective");
        int fly = Capability.DEBUG.bit();
        refuses(new CapabilitySets(fly, 0, 0, 0), Errno.ENOSYS, "DEBUG");
        refuses(new CapabilitySets(fly, CHANGE, 0, 0), Errno.EINVAL, "CHANGE_KERRIGHED_CAP effective");
    }

    @Test
    void whatWasNotPermittedIsNotGained() {
        CapabilitySets less = CapabilitySets.FIRST.changedTo(new CapabilitySets(CHANGE, CHANGE, CHANGE, CHANGE));
        assertThat(less.changedTo(new CapabilitySets(CHANGE | SAVE, CHANGE | SAVE, SAVE, SAVE)))
                .isEqualTo(new CapabilitySets(CHANGE, CHANGE, 0, 0));
        assertThat(CapabilitySets.CODEC.fromBytes(CapabilitySets.CODEC.toBytes(less)))
                .isEqualTo(less);
    }
}
