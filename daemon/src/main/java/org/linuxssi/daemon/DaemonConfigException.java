package org.linuxssi.daemon;

import java.util.List;

/** A configuration that is not allowed: a line for each problem, {@code file:line: field: what, allowed is ...}. */
public final class DaemonConfigException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Makes the exception. */
    DaemonConfigException(List<String> problems) {
        super(String.join("\n", problems), null, false, false);
    }

    /** Returns the problems, one a line. */
    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
