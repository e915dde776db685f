/** Descriptors whose other end lives on another node. */
@NullMarked
package org.linuxssi.stream;

import org.jspecify.annotations.NullMarked;
