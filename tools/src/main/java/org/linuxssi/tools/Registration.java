package org.linuxssi.tools;

/** Something registered that can be taken back; closing twice does nothing. */
@FunctionalInterface
public interface Registration extends AutoCloseable {

    @Override
    void close();
}
