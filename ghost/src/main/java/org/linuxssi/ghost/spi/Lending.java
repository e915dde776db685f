package org.linuxssi.ghost.spi;

/** Lends descriptors of ours to processes whose system calls we receive. */
public interface Lending {

    /** Lends nothing. */
    Lending NONE = new Lending() {
        @Override
        public long offer(int descriptor) {
            throw new UnsupportedOperationException("nobody receives the calls of the process");
        }

        @Override
        public void withdraw(long key) {
            // nothing is offered
        }
    };

    /**
     * Offers a descriptor: a process that makes the call {@code AgentImage.CALL} for {@code AgentImage.FETCH} with the key gets
     * a copy.
     *
     * @return the key
     */
    long offer(int descriptor);

    /** Ends an offer. */
    void withdraw(long key);
}
