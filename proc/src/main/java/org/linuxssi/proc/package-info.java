/** The container of a node, its processes, their supervision and their proxies elsewhere. */
@NullMarked
package org.linuxssi.proc;

import org.jspecify.annotations.NullMarked;
