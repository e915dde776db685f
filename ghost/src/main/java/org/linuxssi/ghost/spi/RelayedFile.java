package org.linuxssi.ghost.spi;

import java.util.Optional;
import org.linuxssi.tools.NodeId;

/**
 * Open files whose other end stays behind when the process moves: pipes, FIFOs, terminals, sockets. The service that
 * relays them implements this; without one such files are refused.
 */
public interface RelayedFile {

    /** Relays nothing. */
    RelayedFile NONE = new RelayedFile() {
        @Override
        public Optional<String> refusal(OpenFile file) {
            return Optional.of("no service moves such a file");
        }

        @Override
        public Exported export(OpenFile file, int descriptor) {
            throw new IllegalStateException("fd " + file.fd() + ": " + file.link() + " can't be moved");
        }

        @Override
        public int restore(byte[] image) {
            throw new IllegalStateException("an image of a relayed file, but no service for it");
        }
    };

    /**
     * Returns why the file can't move, as a part of a sentence; empty when it can. Asked before anything is frozen, for
     * all files that are neither regular files, directories nor simple character devices.
     */
    Optional<String> refusal(OpenFile file);

    /** Returns the service for a process that goes to this node. */
    default RelayedFile towards(NodeId destination) {
        return this;
    }

    /** Tells whether the service takes regular files whose offset several processes share. */
    default boolean sharesOffsets() {
        return false;
    }

    /** Tells whether the service shares the offset of this regular file with other nodes, or outside, already. */
    default boolean shared(OpenFile file) {
        return false;
    }

    /** Tells whether a program outside of the container shares the offset of this regular file. */
    default boolean sharedOutside(OpenFile file) {
        return false;
    }

    /**
     * Tells whether the image is a copy of a process that stays: nothing of its files may change then, and those that
     * {@link #shared} names are exported.
     */
    default boolean copies() {
        return false;
    }

    /** Tells whether files that would be refused are left out of the image instead. */
    default boolean leavesOutRefused() {
        return false;
    }

    /**
     * Called on the source, once for each open file, while the process is frozen: prepares the file to be used from
     * elsewhere. May go on after it returns, until {@link Exported#image()} returns.
     *
     * @param descriptor a duplicate in our own process, owned by the callee from now on
     */
    Exported export(OpenFile file, int descriptor);

    /**
     * Called on the target: makes the file that the process will use there.
     *
     * @param image the bytes of {@link Exported#image()}
     * @return a descriptor of our own process with the flags of the original; the caller installs it in the process and
     *     closes it, also when the restore is given up
     */
    int restore(byte[] image);

    /**
     * Called on the target: makes memory or a file that processes share and no directory has, once for all of them.
     *
     * @param key its name in the image
     * @return a descriptor of our own process, which stays the service's
     */
    default int object(String key) {
        throw new IllegalStateException("an image with shared memory " + key + ", but no service for it");
    }

    /** Tells whether {@link #object} makes something for this key. */
    default boolean hasObject(String key) {
        return false;
    }

    /** A file that is ready to be used from elsewhere; exactly one of the methods is called in the end. */
    interface Exported {

        /** Waits for the export and returns what the target needs to know, at most 64 KiB; throws when the export failed. */
        byte[] image();

        /** The process runs on the target: its own use of the file here is over. */
        void moved();

        /** The process goes on here: all is as before the export, which may have failed. */
        void stays();
    }
}
