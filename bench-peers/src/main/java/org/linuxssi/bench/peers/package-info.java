/** KDDM beside data grids: the same operations, in turns, each as a multiple of a bare exchange over TCP. */
@NullMarked
package org.linuxssi.bench.peers;

import org.jspecify.annotations.NullMarked;
