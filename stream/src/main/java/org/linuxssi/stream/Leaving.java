package org.linuxssi.stream;

/**
 * A descriptor that a process takes to another node.
 *
 * @param descriptor a duplicate in this daemon, for example by pidfd_getfd(2); the export closes it
 */
public record Leaving(int descriptor) {}
