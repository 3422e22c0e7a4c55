using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Loader;
using Banyan.Sync.Code;

namespace Banyan.Server.Games;

/// <summary>An assembly with the game's own code.</summary>
/// <remarks>
/// It brings its dependencies along, by the <c>.deps.json</c> beside it; the assemblies of Banyan itself are this
/// program's, so that both mean the same by a type.
/// </remarks>
internal static class GameCodeAssembly
{
    private sealed class Context(string path) : AssemblyLoadContext("game code")
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Programs that load code are not trimmed.")]
        protected override Assembly? Load(AssemblyName name)
        {
            if (name.Name!.StartsWith("Banyan.", StringComparison.Ordinal) && IsOwn(name)) return null; // the default context's
            return _resolver.ResolveAssemblyToPath(name) is { } file ? LoadFromAssemblyPath(file) : null;
        }

        private static bool IsOwn(AssemblyName name)
        {
            try
            {
                Default.LoadFromAssemblyName(name);
                return true;
            }
            catch (FileNotFoundException)
            {
                return false;
            }
        }
    }

    /// <summary>Loads the code and makes it once, to see that it can be made.</summary>
    /// <param name="path">The assembly's file.</param>
    /// <param name="typeName">Which type of it; null for the only one.</param>
    /// <returns>Makes the code anew.</returns>
    /// <exception cref="GameCodeException">It cannot be had; the message says why.</exception>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Programs that load code are not trimmed.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Programs that load code are not trimmed.")]
    public static Func<IGameCode> Load(string path, string? typeName)
    {
        string file = Path.GetFullPath(path);
        if (!File.Exists(file)) throw new GameCodeException($"{path}: no such file");
        Type[] types;
        try
        {
            types = new Context(file).LoadFromAssemblyPath(file).GetExportedTypes();
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or FileNotFoundException or TypeLoadException)
        {
            throw new GameCodeException($"{path}: {e.Message}");
        }

        Type type = Choose(path, [.. types.Where(t => t.IsAssignableTo(typeof(IGameCode)) && t is { IsAbstract: false, IsGenericTypeDefinition: false })], typeName);
        if (type.GetConstructor([]) is not { } constructor) throw new GameCodeException($"{path}: {type.FullName} has no public constructor without parameters");
        try
        {
            constructor.Invoke([]);
        }
        catch (TargetInvocationException e)
        {
            throw new GameCodeException($"{path}: the constructor of {type.FullName} has thrown {e.InnerException}");
        }

        return () => (IGameCode)constructor.Invoke([]);
    }

    private static Type Choose(string path, Type[] types, string? name)
    {
        string found = string.Join(", ", types.Select(t => t.FullName).Order(StringComparer.Ordinal));
        if (name is not null)
            return Array.Find(types, t => t.FullName == name) ?? throw new GameCodeException($"{path}: no public class {name} that implements {typeof(IGameCode)}; there is {(found.Length > 0 ? found : "none")}");
        return types.Length switch
        {
            0 => throw new GameCodeException($"{path}: no public class that implements {typeof(IGameCode)}"),
            1 => types[0],
            _ => throw new GameCodeException($"{path}: several classes implement {typeof(IGameCode)}: {found}; --code-type says which"),
        };
    }
}

/// <summary>The game's code cannot be had.</summary>
internal sealed class GameCodeException(string message) : Exception(message);
