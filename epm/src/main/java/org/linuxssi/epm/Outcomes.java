package org.linuxssi.epm;

import java.util.LinkedHashMap;
import java.util.Map;
import org.linuxssi.epm.Migration.Key;
import org.linuxssi.epm.Migration.Outcome;

/** What this node, as a target, decided about migrations; each is decided once and for ever. */
final class Outcomes {

    private static final int REMEMBERED = 4096;

    private final Map<Key, Outcome> decided = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Outcome> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** Decides this unless it was decided before; returns what holds. */
    synchronized Outcome decide(Key key, Outcome wanted) {
        Outcome before = decided.putIfAbsent(key, wanted);
        return before == null ? wanted : before;
    }
}
