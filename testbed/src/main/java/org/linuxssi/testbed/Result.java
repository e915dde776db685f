package org.linuxssi.testbed;

/**
 * How a program ended.
 *
 * @param exit its exit code, or 128 and the signal that ended it
 * @param output what it wrote to its standard output
 * @param messages what it wrote to its standard error
 */
public record Result(int exit, String output, String messages) {}
