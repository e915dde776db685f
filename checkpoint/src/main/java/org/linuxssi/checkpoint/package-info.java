/** Applications that are saved to files and started again from them. */
@NullMarked
package org.linuxssi.checkpoint;

import org.jspecify.annotations.NullMarked;
