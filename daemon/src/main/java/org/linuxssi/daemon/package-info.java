/** The composition root: one daemon per node. */
@NullMarked
package org.linuxssi.daemon;

import org.jspecify.annotations.NullMarked;
