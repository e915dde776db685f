package org.linuxssi.epm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.linuxssi.epm.Migration.Key;
import org.linuxssi.epm.Migration.Outcome;

/**
 * What this node, as a target, decided about migrations; each is decided once and for ever, also when the daemon dies: of
 * those that are not in its journal as having run, nothing ran.
 */
final class Outcomes {

    private static final int REMEMBERED = 4096;

    private final Journal journal;
    private final Map<Key, Outcome> decided = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Outcome> eldest) {
            return size() > REMEMBERED;
        }
    };

    Outcomes(Journal journal) {
        this.journal = journal;
        journal.ran().forEach(key -> decided.put(key, Outcome.RAN));
    }

    /**
     * Decides this unless it was decided before; returns what holds.
     *
     * @throws UncheckedIOException when it cannot be written down that it ran: nothing is decided then
     */
    synchronized Outcome decide(Key key, Outcome wanted) {
        Outcome before = decided.get(key);
        if (before != null) {
            return before;
        }
        if (wanted == Outcome.RAN) {
            try {
                journal.ran(key);
            } catch (IOException problem) {
                throw new UncheckedIOException("write down that migration " + key + " is over", problem);
            }
        }
        decided.put(key, wanted);
        return wanted;
    }
}
