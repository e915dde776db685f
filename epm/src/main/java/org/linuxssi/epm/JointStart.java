package org.linuxssi.epm;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.linuxssi.epm.Journal.Entry;
import org.linuxssi.epm.Migration.Key;
import org.linuxssi.epm.Migration.Outcome;

/**
 * Processes that were built on this node and begin together or not at all: when the daemon dies before {@link #decide}
 * the next one ends them, afterwards it lets those go that still wait.
 */
public final class JointStart implements AutoCloseable {

    private final Journal journal;
    private final Outcomes outcomes;
    private final Key key;
    private final List<Entry> entries = new ArrayList<>();

    JointStart(Journal journal, Outcomes outcomes, Key key) {
        this.journal = journal;
        this.outcomes = outcomes;
        this.key = key;
    }

    /** Adds a process that is held, with what the next daemon needs to let it go. */
    public void add(int pid, byte[] held) throws IOException {
        Entry entry = new Entry(Journal.Role.COMING, key, pid, key.source(), held);
        entries.add(entry);
        journal.write(entry);
    }

    /** From now on they run, whatever happens. */
    public void decide() {
        outcomes.decide(key, Outcome.RAN);
    }

    /** They were let go, or ended. */
    @Override
    public void close() {
        entries.forEach(journal::delete);
    }
}
