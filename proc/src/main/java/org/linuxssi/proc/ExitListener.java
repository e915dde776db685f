package org.linuxssi.proc;

import org.linuxssi.linux.WaitStatus;

/** Hears of children of init that ended, stopped or went on. */
@FunctionalInterface
public interface ExitListener {

    /** The process has a new state; must be short. */
    void changed(int pid, WaitStatus status);
}
