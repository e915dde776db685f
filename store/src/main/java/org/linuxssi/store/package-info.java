/** Stores for durable sets of objects. */
@NullMarked
package org.linuxssi.store;

import org.jspecify.annotations.NullMarked;
