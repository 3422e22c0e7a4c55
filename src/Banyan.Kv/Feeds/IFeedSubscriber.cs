using Banyan.Primitives;

namespace Banyan.Kv.Feeds;

/// <summary>Follows the <see cref="ChangeFeed"/>. Both calls come on the store's loop and must not block.</summary>
public interface IFeedSubscriber
{
    /// <summary>The next changes, in the order of their timestamps.</summary>
    void OnBatch(ChangeBatch batch);

    /// <summary>Nothing more will come at or below a timestamp.</summary>
    void OnResolved(Timestamp timestamp);
}
