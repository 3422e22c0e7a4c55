namespace Banyan.Godot.Scenes;

/// <summary>Puts a scene together with all that it instances and inherits, as Godot's PackedScene does.</summary>
/// <remarks>
/// An instance takes its root's type, groups, properties and children from its scene; what the outer file says comes on
/// top, with or without [editable]. A file that is missing, or is not text (<c>.glb</c>, <c>.scn</c>), is a warning: the
/// instance stays as a node without a type, and nodes that outer files change in it or add to it stay under it, with
/// nodes without a type between where need be. A node whose parent has vanished from an existing scene is put under the
/// root with the old path in its name (<c>A@B#Name</c>), as Godot's debug builds do; a mere change to such a node is
/// dropped. Both are warnings.
/// Source: scene/resources/packed_scene.cpp.
/// </remarks>
public static class SceneExpander
{
    /// <summary>Expands the scene at a <c>res://</c> path; false if a file is malformed, or scenes contain each other.</summary>
    public static bool TryExpand(string resPath, IProjectFiles files, ExpandLimits limits, out ExpandedScene scene, out SceneFileError error)
    {
        SceneAssembly assembly = new(files, limits);
        bool done = assembly.TryAssemble(resPath, out scene);
        error = assembly.Error;
        return done;
    }
}
