/** Messages between daemons: named services over an exchangeable transport. */
@NullMarked
package org.linuxssi.rpc;

import org.jspecify.annotations.NullMarked;
