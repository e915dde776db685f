package org.linuxssi.hotplug;

import java.util.ArrayList;
import java.util.List;

/** The views that this node has seen, for those that missed some. */
final class ViewLog {

    private static final int LIMIT = 512;

    private final List<Agreed> views = new ArrayList<>();

    /** Returns views of this epoch and later ones. */
    List<Agreed> since(long epoch) {
        return views.stream().filter(view -> view.epoch() >= epoch).limit(LIMIT).toList();
    }

    void add(Agreed seen) {
        if (views.isEmpty()
                || views.getLast().cluster() != seen.cluster()
                || views.getLast().epoch() < seen.epoch()) {
            views.add(seen);
        }
    }

    /** Returns the view before this one, as far as it is known. */
    View before(Agreed next) {
        return views.stream()
                .filter(seen -> seen.cluster() == next.cluster() && seen.epoch() == next.epoch() - 1)
                .map(Agreed::view)
                .findFirst()
                .orElse(View.NONE);
    }

    /** Forgets the views of other clusters. */
    void keep(long cluster) {
        views.removeIf(seen -> seen.cluster() != cluster);
    }

    void clear() {
        views.clear();
    }
}
