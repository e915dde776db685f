package org.linuxssi.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.linuxssi.linux.ProcFilesMaps.Mapping;

/** Lists of mappings that were read while they changed. */
class AddressSpaceTest {

    private static Mapping memory(long start, long end, String permissions) {
        return new Mapping(start, end, permissions, 0, "00:00", 0, "", Set.of());
    }

    private static List<String> images(Mapping... mappings) {
        return AddressSpace.images(List.of(mappings)).stream()
                .map(image -> Long.toHexString(image.start()) + "-" + Long.toHexString(image.end()) + " "
                        + image.protection())
                .toList();
    }

    @Test
    void oneThatGrewIsThereOnce() {
        assertThat(images(
                        memory(0x10000, 0x12000, "r--p"),
                        memory(0x20000, 0x24000, "rw-p"),
                        memory(0x20000, 0x26000, "rw-p"),
                        memory(0x26000, 0x30000, "---p")))
                .containsExactly("10000-12000 1", "20000-26000 3", "26000-30000 0");
    }

    @Test
    void oneThatWasJoinedWithThoseBeforeTakesTheirPlace() {
        assertThat(images(
                        memory(0x10000, 0x12000, "r--p"),
                        memory(0x12000, 0x14000, "---p"),
                        memory(0x14000, 0x16000, "rw-p"),
                        memory(0x11000, 0x18000, "rw-p"),
                        memory(0x18000, 0x19000, "rw-p")))
                .containsExactly("10000-11000 1", "11000-19000 3");
    }

    @Test
    void neighboursOfOneKindAreOne() {
        assertThat(images(memory(0x10000, 0x12000, "rw-p"), memory(0x12000, 0x13000, "rw-p")))
                .containsExactly("10000-13000 3");
    }
}
