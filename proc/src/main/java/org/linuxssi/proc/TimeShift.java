package org.linuxssi.proc;

/**
 * How the times that this node's kernel tells of a process differ from those of its whole life.
 *
 * @param nativeStart the start time that the kernel tells, in clock ticks since boot; another one belongs to another
 *     process with the same pid, which has no past elsewhere
 * @param more what is added to the kernel's processor times; numbers may be negative
 * @param start when it was started, in clock ticks since this node's boot; 0 for what was before that
 */
public record TimeShift(long nativeStart, CpuTimes more, long start) {}
