package org.linuxssi.ghost;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.linuxssi.linux.ProcFilesMaps;
import org.linuxssi.linux.ProcFilesMaps.Mapping;

/** The mappings of a process, by ascending address, and how one such list becomes another. */
final class AddressSpace {

    private AddressSpace() {}

    /** Returns the mappings of a process, all with their flags; adjacent pieces of anonymous memory are joined. */
    static List<MappingImage> read(int pid) {
        return images(ProcFilesMaps.smaps(pid));
    }

    /**
     * Returns the mappings of a process; the flags of those that an earlier reading has the same are taken from there,
     * which spares the kernel's walk over the page tables.
     */
    static List<MappingImage> read(int pid, List<Mapping> earlier) {
        return images(refresh(pid, earlier));
    }

    /** Returns the mappings with flags, from an earlier reading when nothing else changed. */
    static List<Mapping> refresh(int pid, List<Mapping> earlier) {
        List<Mapping> now = ProcFilesMaps.maps(pid);
        if (now.size() != earlier.size()) {
            return ProcFilesMaps.smaps(pid);
        }
        for (int i = 0; i < now.size(); i++) {
            if (!earlier.get(i).withFlags(Set.of()).equals(now.get(i))) {
                return ProcFilesMaps.smaps(pid);
            }
        }
        return earlier;
    }

    /**
     * The kernel tells the mappings of a process that runs in parts: one that has grown between two of them is told again,
     * with what it has come to cover. What is told later is right.
     */
    static List<MappingImage> images(List<Mapping> mappings) {
        List<MappingImage> images = new ArrayList<>();
        for (Mapping mapping : mappings) {
            if (mapping.path().equals("[vsyscall]")) {
                continue;
            }
            MappingImage image = MappingImage.of(mapping);
            while (!images.isEmpty() && images.getLast().start() >= image.start()) {
                images.removeLast();
            }
            if (!images.isEmpty() && images.getLast().end() > image.start()) {
                images.set(images.size() - 1, images.getLast().until(image.start()));
            }
            if (!images.isEmpty() && images.getLast().joins(image)) {
                images.set(images.size() - 1, images.getLast().until(image.end()));
            } else {
                images.add(image);
            }
        }
        return images;
    }

    /**
     * What to do to get from one list of mappings to another.
     *
     * @param kept pairs of mappings whose pages stay; end and protection may differ
     * @param gone mappings to remove
     * @param fresh mappings to make, all of whose pages have to come
     */
    record Plan(Map<MappingImage, MappingImage> kept, List<MappingImage> gone, List<MappingImage> fresh) {}

    /** Returns the plan; source and target make the same one. */
    static Plan plan(List<MappingImage> before, List<MappingImage> after) {
        Map<Long, MappingImage> old = new HashMap<>();
        before.forEach(mapping -> old.put(mapping.start(), mapping));
        Map<MappingImage, MappingImage> kept = new HashMap<>();
        List<MappingImage> fresh = new ArrayList<>();
        for (MappingImage mapping : after) {
            MappingImage same = old.get(mapping.start());
            if (same != null && keeps(same, mapping)) {
                kept.put(same, mapping);
                old.remove(mapping.start());
            } else {
                fresh.add(mapping);
            }
        }
        return new Plan(kept, List.copyOf(old.values()), fresh);
    }

    private static boolean keeps(MappingImage before, MappingImage after) {
        boolean sameEnd = before.end() == after.end();
        return after.continues(before) && (sameEnd || after.kind() == MappingImage.Kind.ANONYMOUS);
    }
}
