/** Benchmarks, each beside what bounds it. */
@NullMarked
package org.linuxssi.bench;

import org.jspecify.annotations.NullMarked;
