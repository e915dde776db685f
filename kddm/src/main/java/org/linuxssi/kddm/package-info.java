/** Sets of objects shared coherently by all nodes. */
@NullMarked
package org.linuxssi.kddm;

import org.jspecify.annotations.NullMarked;
