package org.linuxssi.procfs;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.linuxssi.linux.CpuList;
import org.linuxssi.linux.FuseAbi;
import org.linuxssi.linux.FuseAttr;

/** The directory {@code /sys/devices/system/cpu} of the cluster: processors numbered on from node to node. */
final class CpuTree {

    private static final String PACKAGE_ID = "topology/physical_package_id";

    /** A file, a link or a directory; the path of the root is empty. */
    @SuppressWarnings("ArrayRecordComponent") // shown, never compared
    record Item(String path, int type, byte[] data) {
        long id() {
            return path.isEmpty()
                    ? FuseAbi.ROOT
                    : ProcNode.named(ProcNode.Kind.STATIC, path).id();
        }

        String name() {
            return path.substring(path.lastIndexOf('/') + 1);
        }
    }

    private final NavigableMap<String, Item> items = new TreeMap<>();
    private final Map<Long, Item> byId = new HashMap<>();

    /**
     * Makes the tree.
     *
     * @param nodes processors of the nodes in the order of node ids
     * @param others names of this node's own directory, which become links into the hidden directory
     * @param hidden name of that directory, empty for none
     */
    CpuTree(Collection<CpuBundle> nodes, Collection<String> others, String hidden) {
        add("", FuseAttr.DIRECTORY, "");
        int count = nodes.stream().mapToInt(node -> node.cpus().size()).sum();
        String all = count == 0 ? "" : count == 1 ? "0" : "0-" + (count - 1);
        for (String name : new String[] {"online", "possible", "present"}) {
            add(name, FuseAttr.REGULAR, all + "\n");
        }
        add("offline", FuseAttr.REGULAR, "\n");
        add("kernel_max", FuseAttr.REGULAR, Math.max(255, count - 1) + "\n");
        addNodes(nodes);
        if (!hidden.isEmpty()) {
            add(hidden, FuseAttr.DIRECTORY, "");
            others.stream()
                    .filter(name -> !items.containsKey(name) && !name.matches("cpu[0-9]+"))
                    .forEach(name -> add(name, FuseAttr.SYMLINK, hidden + "/" + name));
        }
        items.values().forEach(item -> byId.put(item.id(), item));
    }

    private void addNodes(Collection<CpuBundle> nodes) {
        int base = 0;
        int packages = 0;
        for (CpuBundle node : nodes) {
            int most = 0;
            for (int cpu = 0; cpu < node.cpus().size(); cpu++) {
                Map<String, String> files = node.cpus().get(cpu);
                add("cpu" + (base + cpu) + "/online", FuseAttr.REGULAR, "1\n");
                for (Map.Entry<String, String> file : files.entrySet()) {
                    String text = renumber(file.getKey(), file.getValue(), files, base, packages);
                    add("cpu" + (base + cpu) + "/" + file.getKey(), FuseAttr.REGULAR, text);
                }
                most = Math.max(most, packageOf(files) + 1);
            }
            base += node.cpus().size();
            packages += most;
        }
    }

    private static int packageOf(Map<String, String> files) {
        String id = files.getOrDefault(PACKAGE_ID, "0").strip();
        return id.startsWith("-") ? 0 : Integer.parseInt(id);
    }

    private static String renumber(String path, String text, Map<String, String> files, int base, int packages) {
        if (path.equals(PACKAGE_ID)) {
            return packageOf(files) + packages + "\n";
        }
        if (path.endsWith("_list")) {
            return CpuList.format(shifted(text, base)) + "\n";
        }
        String list = files.get(path.endsWith("_map") ? path.replaceFirst("_map$", "_list") : path + "_list");
        return list == null ? text : CpuList.mask(shifted(list, base)) + "\n";
    }

    private static SortedSet<Integer> shifted(String list, int base) {
        SortedSet<Integer> cpus = new TreeSet<>();
        CpuList.parse(list).forEach(cpu -> cpus.add(cpu + base));
        return cpus;
    }

    private void add(String path, int type, String text) {
        int slash = path.lastIndexOf('/');
        if (slash > 0 && !items.containsKey(path.substring(0, slash))) {
            add(path.substring(0, slash), FuseAttr.DIRECTORY, "");
        }
        items.put(path, new Item(path, type, text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    Optional<Item> item(long id) {
        return Optional.ofNullable(byId.get(id));
    }

    Optional<Item> child(Item directory, String name) {
        return Optional.ofNullable(items.get(prefix(directory) + name))
                .filter(item -> !item.path().isEmpty());
    }

    private static String prefix(Item directory) {
        return directory.path().isEmpty() ? "" : directory.path() + "/";
    }

    /** Lists a directory without what is hidden. */
    ProcListing list(Item directory) {
        ProcListing out = new ProcListing();
        String prefix = prefix(directory);
        for (Item item : items.tailMap(prefix, !prefix.isEmpty()).values()) {
            if (!item.path().startsWith(prefix)) {
                break;
            }
            String rest = item.path().substring(prefix.length());
            if (rest.indexOf('/') < 0 && !rest.startsWith(".")) {
                out.add(item.name(), item.type(), item.id());
            }
        }
        return out;
    }
}
