/** I/O linkers: what gives a set of objects its meaning. */
@NullMarked
package org.linuxssi.kddm.spi;

import org.jspecify.annotations.NullMarked;
