package org.linuxssi.epm;

/** Children came or went while memory was copied live, when the target could not follow any more: copy it frozen. */
final class RelativesChangedException extends Exception {

    private static final long serialVersionUID = 1L;

    RelativesChangedException(int pid) {
        super("the relatives of pid " + pid + " changed meanwhile", null, false, false);
    }
}
