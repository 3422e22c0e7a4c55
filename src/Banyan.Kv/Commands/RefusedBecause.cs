namespace Banyan.Kv.Commands;

/// <summary>Why a range refuses an attempt; the texts travel.</summary>
public static class RefusedBecause
{
    /// <summary>Recovery, or an earlier copy of the attempt that failed, has barred it from this range.</summary>
    public const string Prevented = "prevented";

    /// <summary>It began so long ago that its outcome may be forgotten.</summary>
    public const string TooLate = "began before the record horizon";

    /// <summary>A one-range commit of a transaction that has a record.</summary>
    public const string HasRecord = "one-range commit beside a record";

    /// <summary>A duplicate of a request whose answer the client has.</summary>
    public const string Acknowledged = "the client has the answer already";

    /// <summary>The client has retried it through another server.</summary>
    public const string Fenced = "fenced by a later try";
}
