using System.Buffers;
using System.CommandLine;
using Banyan.Godot.Scenes;
using Banyan.Server.Projects;

namespace Banyan.Server.Cli;

/// <summary><c>banyan scene dump</c>: what a scene file expands to, without a cluster.</summary>
internal static class SceneCommand
{
    public static readonly Argument<string> File = new("file") { Description = "A .tscn file" };

    public static readonly Option<string?> Project = new("--project")
    {
        Description = "The project's folder, where res:// begins. Default: the nearest folder above the file with a project.godot, else the file's own",
    };

    public static Command Make()
    {
        var dump = new Command("dump", "Write all nodes of a scene in tree order, instances and inherited scenes expanded, as a JSON array") { File, Project };
        dump.SetAction((parsed, _) =>
        {
            ExpandedScene scene = Expand(parsed);
            var output = new ArrayBufferWriter<byte>();
            SceneDump.Write(output, scene);
            using Stream console = Console.OpenStandardOutput();
            console.Write(output.WrittenSpan);
            console.WriteByte((byte)'\n');
            return Task.FromResult(ExitCode.Ok);
        });
        return new Command("scene", "Look at scene files") { dump };
    }

    /// <summary>Reads and expands the scene that the command line names; warnings go to standard error.</summary>
    public static ExpandedScene Expand(ParseResult parsed) => Expand(parsed.GetValue(File)!, parsed.GetValue(Project));

    /// <summary>Reads and expands a scene; warnings go to standard error.</summary>
    public static ExpandedScene Expand(string file, string? folder)
    {
        if (!System.IO.File.Exists(file)) throw new CommandFailed(ExitCode.BadInput, $"{file}: no such file");
        ProjectFolder project;
        string path;
        try
        {
            project = new(folder ?? ProjectFolder.FolderOf(file));
            path = project.ResPathOf(file);
        }
        catch (IOException e)
        {
            throw new CommandFailed(ExitCode.BadInput, e.Message);
        }

        if (!SceneExpander.TryExpand(path, project, ExpandLimits.Default, out ExpandedScene scene, out SceneFileError error))
            throw new CommandFailed(ExitCode.BadInput, $"{error.File}:{error.Line}:{error.Column}: {error.Message}");
        foreach (SceneWarning warning in scene.Warnings) Console.Error.WriteLine($"warning: {warning}");
        return scene;
    }
}
