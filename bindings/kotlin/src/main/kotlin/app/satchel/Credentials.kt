package app.satchel

/**
 * The app's store for secrets, such as Android's Keystore. The outbox keeps no token by itself.
 *
 * Called on threads of Satchel's own that may wait, several at once. What a method throws comes back from the call that asked,
 * as [SatchelException.Host]; nothing is lost by it. No secret belongs into an exception's message.
 */
public interface Credentials {
    /** The token kept for a target, by the target's address; null where there is none. */
    public fun load(target: String): String?

    /** Keeps a target's token, in place of an earlier one; it must be durable when this returns. */
    public fun store(target: String, token: String)

    /**
     * Gets another token, in place of one that the target refused (null where there was none); null where no other is to be had.
     * What it returns is kept by the app already. Called for each target at most once a minute, and only when the target proved
     * to be itself. When it throws, the outbox goes on with what there is.
     */
    public fun refresh(target: String, refused: String?): String? = null
}
