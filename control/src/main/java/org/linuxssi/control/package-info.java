/** The local control protocol between commands and the daemon. */
@NullMarked
package org.linuxssi.control;

import org.jspecify.annotations.NullMarked;
